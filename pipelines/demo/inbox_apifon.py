class Apifon:
    paths = ("/services/api/v1/",)
